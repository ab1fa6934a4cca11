package body

// Storage is storage: a full disk cannot be had in a test without privileges.
var Storage = storage
