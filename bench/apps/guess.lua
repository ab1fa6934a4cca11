-- What a program sends that guesses the password of one account.
wrk.method = "POST"
wrk.path = "/login"
wrk.body = "username=alice&password=123456"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
