// Package fumehood holds the words that every guard shares: a [Refusal] and the one
// function that writes it ([Refuse]), the facts the edge knows of one request
// ([Exchange]), and the typed values of the configuration ([Size], [Mode], [Secret]).
//
// It stops nothing by itself. The protections are the packages under guard/, each a
// plain net/http middleware; package hood wires them all in the right order.
package fumehood
