package body

import "github.com/fumehood/fumehood/internal/wholebody"

// Whole is a body that has arrived. It has at least one byte. Size is the number of bytes;
// Bytes returns them where they are in memory, File the file without a name that has them
// otherwise, positioned at their start; both return nil once it is closed. Reading it as an
// io.Reader works, too, and does not move the file. After and With return what is left of
// it when bytes are taken out; closing that closes it.
type Whole = wholebody.Body
