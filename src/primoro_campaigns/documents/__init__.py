"""PDFs: values in, bytes out."""
