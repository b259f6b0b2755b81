"""The announcement: the message by which management tells staff what will change, when, why, and what they have to do."""
