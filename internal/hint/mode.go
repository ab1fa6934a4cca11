package hint

import (
	"fmt"

	fumehood "github.com/fumehood/fumehood"
)

// Mode checks the mode of a guard, which is the setting called key. It returns what the mode
// stands for, and the mistake if it is none.
func Mode(key string, mode fumehood.Mode) (fumehood.Mode, []error) {
	switch mode {
	case fumehood.Enforce, fumehood.Report, fumehood.Off:
		return mode, nil
	case "":
		return fumehood.Enforce, nil
	}
	return mode, []error{With(fmt.Errorf("%s: %q is not a mode", key, mode), "write enforce, report or off")}
}
