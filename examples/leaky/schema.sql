BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS users (
    id INTEGER PRIMARY KEY, username TEXT UNIQUE NOT NULL, password TEXT NOT NULL, email TEXT DEFAULT '',
    website TEXT DEFAULT '', address TEXT DEFAULT '', role TEXT DEFAULT 'customer');
CREATE TABLE IF NOT EXISTS products (
    id INTEGER PRIMARY KEY, code TEXT UNIQUE NOT NULL, name TEXT NOT NULL, price REAL NOT NULL, stock INTEGER NOT NULL,
    colour TEXT NOT NULL, description TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS reviews (id INTEGER PRIMARY KEY, product_id INTEGER NOT NULL, author TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS orders (number TEXT PRIMARY KEY, month TEXT NOT NULL, amount REAL NOT NULL);
CREATE TABLE IF NOT EXISTS coupons (code TEXT PRIMARY KEY, percent INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS currencies (code TEXT PRIMARY KEY, sign TEXT NOT NULL, rate REAL NOT NULL);

INSERT OR IGNORE INTO users (id, username, password, email, website, address, role) VALUES
    (1, 'admin', 'erlenmeyer-1860', 'admin@beaker-street.example', '', '1 Beaker Street', 'admin'),
    (2, 'demo', 'demo', 'demo@example.org', 'https://example.org/demo', '7 River Lane', 'customer');
INSERT OR IGNORE INTO products (id, code, name, price, stock, colour, description) VALUES
    (1, 'B-250', 'Beaker, 250 ml', 4.20, 120, '#7dd3c0', 'Low form, with spout. Borosilicate, as all of ours.'),
    (2, 'E-500', 'Erlenmeyer flask, 500 ml', 7.90, 64, '#f2b56b', 'Narrow neck. Swirl without spilling.'),
    (3, 'U-050', 'Burette, 50 ml', 38.50, 12, '#8fb4f5', 'Class AS, with a tap of PTFE that never sticks.'),
    (4, 'P-010', 'Pipette, 10 ml', 5.60, 200, '#e58fb1', 'One mark, amber graduation. Please do not use your mouth.'),
    (5, 'R-100', 'Round-bottomed flask, 100 ml', 9.30, 40, '#b9a3e3', 'Three necks on request. Needs a ring to stand.'),
    (6, 'C-300', 'Liebig condenser, 300 mm', 27.00, 18, '#9ccf7e', 'Water in at the bottom, out at the top.');
INSERT OR IGNORE INTO reviews (id, product_id, author, text) VALUES
    (1, 1, 'demo', 'Survived a fall from the bench. <b>Twice.</b>'),
    (2, 3, 'Miles O''Brien', 'The tap really does not stick.');
INSERT OR IGNORE INTO orders (number, month, amount) VALUES
    ('2026-0001', '2026-09', 120.40), ('2026-0002', '2026-10', 77.00), ('2026-0003', '2026-10', 15.80);
INSERT OR IGNORE INTO coupons (code, percent) VALUES ('welcome', 5), ('half-life', 50);
INSERT OR IGNORE INTO currencies (code, sign, rate) VALUES ('EUR', '€', 1.0), ('GBP', '£', 0.85), ('CHF', 'CHF', 0.95);
COMMIT;
