"""Widgets that know no room: theme, icons, tables, forms, notices."""
