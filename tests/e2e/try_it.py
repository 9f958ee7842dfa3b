"""`make demo` with a display: opens the workbench and the taxpayer's page for a person to try, and prints how."""
