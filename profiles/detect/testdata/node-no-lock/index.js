console.log(require("left-pad")("done", 9));
