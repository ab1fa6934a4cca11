// Loaded before the scanner: the site's name leads to this machine, and nowhere else.
const dns = require("node:dns");
const lookup = dns.lookup;
dns.lookup = (name, options, done) => lookup(name === process.env.SITE ? "127.0.0.1" : name, options, done);
