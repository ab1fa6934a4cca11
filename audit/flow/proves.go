package flow

// proves reports what a text cannot be used for that a function has taken without raising.
func proves(path string) Kinds {
	switch path {
	case "builtins.int", "builtins.float", "uuid.UUID", "bson.ObjectId", "bson.objectid.ObjectId", "decimal.Decimal", "datetime.datetime.strptime", "datetime.datetime.fromisoformat", "datetime.date.fromisoformat", "time.strptime":
		return Every
	case "ipaddress.ip_address", "ipaddress.IPv4Address", "ipaddress.IPv6Address":
		return Every &^ Address
	}
	return 0
}
