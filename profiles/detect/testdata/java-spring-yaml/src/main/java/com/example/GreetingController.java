package com.example;

@RestController
@RequestMapping(path = "/api")
class GreetingController {
    @GetMapping("/{id}") String one(@PathVariable String id) { return id; }

    @GetMapping("/g") String needs(@RequestParam String name) { return name; }

    @PostMapping("/p") String post() { return ""; }

    /* @GetMapping("/c") */
    @GetMapping(value = "/greeting", produces = "text/plain")
    @ResponseBody
    String greeting(@RequestParam(value = "name", defaultValue = "World") String name) { return name; }

    @RequestMapping(value = "/d", method = RequestMethod.DELETE) void delete() { }
}

@FeignClient("other")
interface Other {
    @GetMapping("/o") String o();
}
