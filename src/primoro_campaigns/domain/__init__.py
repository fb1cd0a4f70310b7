"""The rules of the field, pure: values in, values out, time passed in."""
