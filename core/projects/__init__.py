"""Projects: members with roles, the protocol, and work on series from to do to done."""
