// Package http1 serves HTTP/1 on connections that package strict has judged.
//
// It stops no attack by itself and must not be given any other connection: it believes
// that what it reads is well-formed, and only arranges it as net/http would. It is here
// because net/http's general server cost more than all guards together: a goroutine and
// two system calls for each request to look out for a client that leaves, a second parser,
// three copies of the header (docs/decisions/0007). A client that leaves is looked out
// for here too, but only once a request takes longer than a moment.
//
// What handlers get is net/http's contract: http.Flusher, http.Hijacker, io.ReaderFrom,
// what http.ResponseController asks for, 100 Continue, informational answers, trailers.
// The oracle of its tests is net/http: http.ReadRequest for requests, http.Server for
// answers; handlers_test.go lists each difference that is wanted, with its reason.
//
// Beyond net/http, a goroutine that a handler leaves behind reaches nothing of the next
// request: its writer, body and deadlines are dead once the handler has returned.
//
// Its place is between internal/strict and the chain. HTTP/2 and HTTP/3 do not come here.
//
// Sections are those of RFC 9110 (semantics) and RFC 9112 (HTTP/1.1).
package http1
