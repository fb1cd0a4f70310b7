"""Data in: FHIR files, CSV files, batches from a practice-management system."""
