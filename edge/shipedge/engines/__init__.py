"""Work that is shared among processes of this machine or of Ray: whoever asks for it need not know which."""
