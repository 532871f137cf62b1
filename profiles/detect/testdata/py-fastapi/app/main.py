from fastapi import APIRouter, FastAPI

app: FastAPI = FastAPI()
router = APIRouter()


@router.get("/healthz")
def behind_a_prefix():
    return {}


@app.get("/health")
async def health():
    return {}


# @app.get("/")
@app.post("/")
def post():
    return {}
