package flow

import "github.com/fumehood/fumehood/audit/program"

// proves reports what a text cannot be used for that a function has taken without raising.
func proves(path string) Kinds {
	switch path {
	case "builtins.int", "builtins.float", "uuid.UUID", "decimal.Decimal", "datetime.datetime.strptime", "datetime.datetime.fromisoformat", "datetime.date.fromisoformat", "time.strptime":
		return Every
	case "ipaddress.ip_address", "ipaddress.IPv4Address", "ipaddress.IPv6Address":
		return Every &^ Address
	}
	return 0
}

// isEnum tells the classes whose instances are a few of the program's.
func isEnum(c *program.Class) bool {
	return c.Inherits(func(path string) bool {
		switch path {
		case "enum.Enum", "enum.StrEnum", "enum.IntEnum", "enum.Flag":
			return true
		}
		return false
	})
}
