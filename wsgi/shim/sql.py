"""The lexers of SQL and the judge of statements."""
