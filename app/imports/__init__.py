"""Lists of officers, centres and candidates brought in as rows."""
