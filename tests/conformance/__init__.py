"""What our pane shows, compared with what tmux shows for the same bytes."""
