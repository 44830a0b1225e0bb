"""The house: what is true about examination staff. It knows no screen, no chart, no file format.

From the street down to the foundations, each room may use only the rooms below it:

factory           settings in, application out; receives the doors, imports none
demo, cli, tasks  thin: parse, open a scope, call one service (tasks run on the queue)
procedures        what crosses features in one transaction
imports, privacy  lists brought in as rows; own data, requests, retention
coverage          required, deployed, present, and the gaps
claims, letters   what is owed, with its working
attendance        the daily register: machine.py is its law, services.py its practice
proposals         a sub-county's deployments found by the solver, with every reason
deployments       posts at centres and who fills them; proposal.py is the solver
vacancies         posts needed, from candidates and dated rules; who may hold them, and why not
school_results    a released school's own results, its statistics, and its queries about them
people            officers, their profiles, one person once; the sign-ins of centres
notices           dated words to a role or to centres
exams             series, days, roles, dated rules and rates
places            counties, sub-counties, schools, centres, office contacts
access            accounts, passwords, sessions, limits
audit, messages   events in the change's own transaction; what is sent
permissions       who may do what: one matrix
scoping           which rows: the Scope, and the walls that apply it
db                base, unit of work, vault, the bundled PostgreSQL
extensions        the Flask extensions' objects
errors, clock, money, words

A feature has the same files, lowest first: enums, pure rules, models, queries (reads, Scope
first), services (writes), frames (reads as DataFrames for dashboards and reports).
"""
