from flask import Flask

app = Flask(__name__)


@app.route("/")
def index():
    return "hello"


@app.route("/healthz", methods=["POST"])
def no_health():
    return ""


if __name__ == "__main__":
    app.run(port=5005)
