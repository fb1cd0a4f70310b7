"""The room “patient” of the desktop: the list of patients and the patient file."""
