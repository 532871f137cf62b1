require("express")().listen(1234);
