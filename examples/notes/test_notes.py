"""The notes app by itself, by Flask's test client: python -m unittest test_notes"""
import io
import os
import tempfile
import threading
import unittest

import app as notes


class NotesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        notes.app.config.update(
            TESTING=True, EVENT_PAUSE=0,
            DATABASE=os.path.join(folder.name, "notes.db"),
            UPLOAD_FOLDER=os.path.join(folder.name, "uploads"))
        self.client = notes.app.test_client()

    def login(self, name="demo", password="demo"):
        return self.client.post("/login", data={"username": name, "password": password})

    def get(self, path, status=200):
        response = self.client.get(path)
        self.addCleanup(response.close)
        self.assertEqual(response.status_code, status, path)
        return response.get_data(as_text=True)

    def test_every_page_wants_a_login(self):
        for path in ["/", "/notes/new", "/notes/1/edit", "/files", "/files/a.txt", "/chart",
                     "/events", "/export.csv", "/user_profile/1", "/password", "/admin_dashboard"]:
            response = self.client.get(path)
            self.assertEqual(response.status_code, 302, path)
            self.assertIn("/login", response.headers["Location"])
        self.assertEqual(self.client.get("/api/notes").status_code, 401)

    def test_login_and_logout(self):
        self.assertIn("That password is wrong", self.login(password="guess").get_data(as_text=True))
        self.assertIn("no user with that name", self.login(name="nobody").get_data(as_text=True))
        self.assertEqual(self.login().status_code, 302)
        self.assertIn("Your notes", self.get("/"))
        self.get("/logout", status=302)
        self.get("/", status=302)

    def test_register(self):
        form = {"username": "mina", "email": "mina@example.org", "password": "river"}
        self.assertEqual(self.client.post("/register", data=form).status_code, 302)
        self.assertIn("already taken", self.client.post("/register", data=form).get_data(as_text=True))
        self.assertEqual(self.login("mina", "river").status_code, 302)
        self.assertIn("No notes yet", self.get("/"))
        self.assertIn("mina@example.org", self.get("/user_profile/3"))

    def test_a_note_from_first_to_last(self):
        self.login()
        form = {"title": "Café <b>", "body": "crème\nbrûlée", "tag": "recipe"}
        self.assertEqual(self.client.post("/notes/new", data=form).status_code, 302)
        page = self.get("/")
        self.assertIn("Café &lt;b&gt;", page)
        id = self.client.get("/api/notes").get_json()["notes"][-1]["id"]
        self.client.post("/notes/%d/edit" % id, data=dict(form, title="Dessert"))
        self.assertIn("Dessert", self.get("/notes/%d/edit" % id))
        self.assertIn("Dessert", self.get("/?q=br%C3%BBl"))
        self.assertNotIn("Sourdough", self.get("/?q=br%C3%BBl"))
        self.assertIn("Nothing found", self.get("/?q=nowhere"))
        self.client.post("/notes/%d/delete" % id)
        self.get("/notes/%d/edit" % id, status=404)

    def test_nobody_changes_the_notes_of_another(self):
        self.login("admin", "admin")
        self.get("/notes/1/edit", status=404)
        self.assertEqual(self.client.post("/notes/1/delete").status_code, 404)

    def test_change_password(self):
        self.login()
        self.assertEqual(self.client.post("/password", data={"password": "new"}).status_code, 302)
        self.get("/logout", status=302)
        self.assertIn("wrong", self.login().get_data(as_text=True))
        self.assertEqual(self.login(password="new").status_code, 302)

    def test_upload_and_download(self):
        self.login()
        content = bytes(range(256)) * 300
        response = self.client.post("/files", data={"file": (io.BytesIO(content), "../my data.bin")})
        self.assertEqual(response.status_code, 302)
        self.assertIn("my_data.bin", self.get("/files"))
        response = self.client.get("/files/my_data.bin?download=1")
        self.addCleanup(response.close)
        self.assertEqual(response.get_data(), content)
        self.assertIn("attachment", response.headers["Content-Disposition"])
        self.get("/files/nothing.bin", status=404)
        self.get("/files/../notes.db", status=404)

    def test_api(self):
        self.login()
        response = self.client.post("/api/notes", json={"title": "by machine", "tag": "lab"})
        self.assertEqual(response.status_code, 201)
        last = self.client.get("/api/notes").get_json()["notes"][-1]
        self.assertEqual((last["id"], last["title"], last["tag"]),
                         (response.get_json()["id"], "by machine", "lab"))

    def test_what_the_readme_says_is_open(self):
        self.login()
        self.client.post("/notes/new", data={"title": "a", "body": "<i>1</i>\r\n2", "tag": "lab"})
        self.assertIn("<p><i>1</i><br>2</p>", self.get("/"))
        self.assertIn("Nothing found for &ldquo;<u>&rdquo;", self.get("/?q=%3Cu%3E"))
        response = self.client.post("/api/notes", json={"title": None})
        self.assertEqual((response.status_code, response.get_json()),
                         (500, {"error": "NOT NULL constraint failed: notes.title"}))

    def test_events_chart_and_export(self):
        self.login()
        events = self.get("/events")
        self.assertEqual(events.count("event: count\ndata: 6\n\n"), 5)
        self.assertTrue(events.endswith("event: done\ndata: bye\n\n"))
        self.assertIn('var tags = ["idea",', self.get("/chart"))
        lines = self.get("/export.csv").split("\r\n")
        self.assertEqual(lines[0], "created,tag,title,body")
        self.assertTrue(any("Titration 14" in line for line in lines))

    def test_only_the_admin_sees_everybody(self):
        self.login()
        self.get("/admin_dashboard", status=403)
        self.login("admin", "admin")
        self.assertIn("demo@example.org", self.get("/admin_dashboard"))

    def test_own_404_page(self):
        self.assertIn("There is nothing here", self.get("/nowhere", status=404))

    def test_first_use_by_many_at_once(self):
        pages = []

        def first_use():
            with notes.app.test_client() as client:
                client.post("/login", data={"username": "demo", "password": "demo"})
                pages.append(client.get("/api/notes").get_json())

        threads = [threading.Thread(target=first_use) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([len(page["notes"]) for page in pages], [6, 6, 6, 6])


if __name__ == "__main__":
    unittest.main()
