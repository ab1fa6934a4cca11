package signs

// program says what a word is as the name of a program, and what the program is good for.
type program uint8

const (
	notProgram program = iota
	plainWord          // a program whose name people use in prose too: cat, find, time
	rareWord           // a name that stands for the program and little else: wget, whoami
	runner             // a program that runs the command behind it: sudo, time, env
)

// What a program is good for.
const (
	shows   program = 4 << iota // shows a file or computes with it
	goes                        // works on folders
	network                     // speaks with a host
	feeds                       // is told what to work on, and is no word of an instruction
	tool                        // is talked about and listed among what somebody can do: perl, vim
)

const anyKind program = 3

// programOf looks a program up by its name without folder and extension: which kind it is.
func programOf(name string) program { return lookUp(name) & anyKind }

// is says whether the program of that name is good for something.
func is(name string, use program) bool { return lookUp(name)&use != 0 }

func lookUp(name string) program {
	var buf [32]byte
	low := lower(name, &buf)
	if len(low) < 2 {
		if len(low) == 1 && low[0] == 'w' {
			return plainWord
		}
		return notProgram
	}
	if n := len(low); n > 4 && string(low[n-4:]) == ".exe" {
		low = low[:n-4]
	}
	n := len(low)
	if programShapes.may(name[:n]) {
		if p, ok := programs[string(low)]; ok { // base64, rundll32
			return p
		}
	}
	for n > 3 && (isDigit(low[n-1]) || low[n-1] == '.') { // python3.11, gcc10.1
		n--
	}
	if n < len(low) && programShapes.may(name[:n]) {
		if p, ok := programs[string(low[:n])]; ok {
			return p
		}
	}
	low = low[:n]
	for i, c := range low { // ssh-keygen, ansible-test
		if c == '-' && i > 2 && programs[string(low[:i])]&anyKind == rareWord {
			return rareWord
		}
	}
	return notProgram
}
