"""Files: tables as CSV and XLSX, and papers as PDF."""
