// Package strict lets only well-formed HTTP/1 requests reach the server.
//
// It stops request smuggling and its relatives: requests that two programs on the way
// read differently, such as Content-Length together with Transfer-Encoding, folded or
// doubled fields, bare line feeds, odd chunk sizes and framing fields in trailers. It
// stops heads that are larger than the limits, as they arrive. What is malformed is
// refused, not repaired; one empty line before a request is the exception that RFC 9112,
// section 2.2 asks for.
//
// It does not stop a slow sender (the deadlines of http.Server do; they pass through), a
// large body (guard/body), a foreign but well-formed Host (guard/hosts), field names with
// an underscore (package wsgi drops them), or anything in HTTP/2 and HTTP/3, which have
// framing of their own.
//
// Its place is below everything else. [Conn] wraps the connection, after TLS, that
// internal/http1 or an http.Server reads, and [Handler] stands first in the chain, inside only what gives the
// request its ID and writes the access record. The server still parses; Conn follows the
// framing beside it and hands on a request head, a chunk's size line or a trailer section
// only when it was read whole and found good.
//
//   - A refused head is replaced by a stand-in request, which Handler answers like any
//     other refusal, so that the client gets a request ID and the log one line. A stand-in
//     carries a random word that is made at the moment of the refusal; after it the
//     connection yields nothing, so there is no later request that could use the word.
//   - A refused body becomes a read error that is a [fumehood.Refusal].
//   - Either way the connection ends, because nobody can say where the next request
//     begins.
//
// A connection at rest holds no buffer. One is taken while a head, a size line or a
// trailer section is incomplete, grows with what has arrived, and is given back.
//
// Sections are those of RFC 9110 (semantics), RFC 9112 (HTTP/1.1) and RFC 3986 (URIs).
package strict
