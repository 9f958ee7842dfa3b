// One-to-one chat by socket.io, every message committed by better-sqlite3 (WAL, synchronous=FULL) before it goes out.
// node server.js PORT DATABASE
const { Server } = require("socket.io");
const Database = require("better-sqlite3");

const [port, file] = process.argv.slice(2);
const database = new Database(file);
database.pragma("journal_mode = WAL");
database.pragma("synchronous = FULL");
database.exec(`
  CREATE TABLE message (chat INTEGER, seq INTEGER, client_id TEXT, body TEXT, at REAL, PRIMARY KEY (chat, seq)) WITHOUT ROWID;
  CREATE UNIQUE INDEX message_named ON message (chat, client_id);
`);
const insert = database.prepare("INSERT INTO message VALUES (?, ?, ?, ?, ?)");
const heads = new Map();

const io = new Server({ perMessageDeflate: false, transports: ["websocket"] });
io.on("connection", (socket) => {
  socket.on("join", (chat, side) => {
    socket.join(`${chat}/${side}`);
    socket.emit("joined");
  });
  socket.on("say", (message) => {
    const seq = (heads.get(message.chat) || 0) + 1;
    insert.run(message.chat, seq, message.id, message.body, Date.now() / 1000);
    heads.set(message.chat, seq);
    socket.emit("done", { id: message.id, seq });
    io.to(`${message.chat}/agent`).emit("said", { ...message, seq });
  });
});
io.listen(Number(port));
