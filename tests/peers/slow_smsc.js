// SPDX-License-Identifier: Apache-2.0
// An SMSC that takes its time: prints the instant (Unix, in milliseconds), destination and part of each submit_sm as it
// comes in, and takes so many milliseconds for each before it answers. No receipts.
const smpp = require("smpp");
const [port, delay] = process.argv.slice(2).map(Number);
let last = 0;
let busyUntil = 0;
const server = smpp.createServer((session) => {
  session.on("error", () => {});
  session.on("bind_transceiver", (pdu) => session.send(pdu.response()));
  session.on("enquire_link", (pdu) => session.send(pdu.response()));
  session.on("unbind", (pdu) => { console.log("unbound"); session.send(pdu.response()); session.close(); });
  session.on("submit_sm", (pdu) => {
    const head = pdu.short_message.udh;
    const part = head ? head[0][head[0].length - 1] : 1;
    console.log(JSON.stringify({ at: Date.now(), to: pdu.destination_addr, part }));
    busyUntil = Math.max(busyUntil, Date.now()) + delay;
    setTimeout(() => session.send(pdu.response({ message_id: "s" + (last += 1) })), busyUntil - Date.now());
  });
});
server.listen(port, "127.0.0.1", () => console.log("listening " + server.address().port));
