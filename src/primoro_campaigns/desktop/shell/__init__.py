"""The frame around the rooms: window, workspace bar, notices, status bar."""
