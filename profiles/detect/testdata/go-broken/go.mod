modul example.com/x
