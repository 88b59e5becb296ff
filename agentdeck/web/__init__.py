"""The app in a browser: a server on 127.0.0.1, and the app that each tab shows."""
