package signs_test

import (
	"fmt"

	"github.com/fumehood/fumehood/internal/signs"
)

func Example() {
	for _, value := range []string{"O'Brien", "x' OR 1=1 --", "../../etc/passwd"} {
		score := signs.Judge(value)
		class, points, why := score.Top()
		if points >= signs.Refuse {
			fmt.Printf("%s: %v: %s\n", value, class, why)
		}
	}
	// Output:
	// x' OR 1=1 --: sql: a condition that is always true or false
	// ../../etc/passwd: path: a way out of the folder to a file of the system
}

// A value that came encoded must be judged decoded too: only the caller knows what the app
// will decode.
func Example_incorrect() {
	score := signs.Judge("eCcgT1IgMT0xIC0t") // base64
	fmt.Println(score.Points(signs.SQL))
	decoded := signs.Judge("x' OR 1=1 --")
	score.Merge(&decoded)
	fmt.Println(score.Points(signs.SQL))
	// Output:
	// 0
	// 10
}
