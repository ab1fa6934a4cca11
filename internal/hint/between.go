package hint

import (
	"fmt"
	"time"

	fumehood "github.com/fumehood/fumehood"
)

// Between gives the setting called key its usual value where it is zero, and returns the
// mistake where it is less than least or more than most.
func Between[T int | time.Duration | fumehood.Size](key string, value *T, usual, least, most T) []error {
	if *value == 0 {
		*value = usual
	}
	if least <= *value && *value <= most {
		return nil
	}
	line := fmt.Sprintf("%s = %q", key, fmt.Sprint(usual))
	if number, ok := any(usual).(int); ok {
		line = fmt.Sprintf("%s = %d", key, number)
	}
	return []error{With(fmt.Errorf("%s: %v is not between %v and %v", key, *value, least, most), line)}
}
