"""Reading the audit trail: who saw or changed what, in plain words."""
