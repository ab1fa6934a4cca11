DROP TABLE IF EXISTS items;
DROP TABLE IF EXISTS users;
CREATE TABLE items (id int, name varchar(2000), note varchar(2000), visible int);
CREATE TABLE users (id int, name varchar(200), password varchar(200));
INSERT INTO items VALUES (1, 'apple', 'red', 1), (2, 'pear', 'green', 1), (3, 'plum', 'blue', 0);
INSERT INTO users VALUES (1, 'admin', 'hunter2'), (2, 'alice', 'pw');
