"""What is found out about a person: assessments, warnings, notes and safeguarding."""
