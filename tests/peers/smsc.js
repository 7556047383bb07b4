// SPDX-License-Identifier: Apache-2.0
// A small SMSC: takes messages, answers with receipts, prints each submit_sm as a line of JSON.
// Destinations ending in 9 are refused, in 8 the connection is cut without an answer. `node smsc.js PORT plain` (or
// `receipts`) takes everything and prints nothing, with receipts or without: for measuring.
const smpp = require("smpp");
let last = 0;
const mode = process.argv[3] || "";
const server = smpp.createServer((session) => {
  session.on("error", () => {});
  session.on("bind_transceiver", (pdu) => {
    if (pdu.password !== "secret") return session.send(pdu.response({ command_status: smpp.ESME_RBINDFAIL }));
    session.send(pdu.response());
  });
  session.on("enquire_link", (pdu) => session.send(pdu.response()));
  session.on("unbind", (pdu) => { session.send(pdu.response()); session.close(); });
  session.on("submit_sm", (pdu) => {
    const to = pdu.destination_addr;
    if (mode) {
      const id = "m" + (last += 1);
      session.send(pdu.response({ message_id: id }));
      if (mode === "receipts") {
        session.deliver_sm({ source_addr: to, destination_addr: pdu.source_addr, esm_class: 4, receipted_message_id: id,
          message_state: 2, short_message: { message: `id:${id} stat:DELIVRD` } });
      }
      return;
    }
    const raw = pdu.short_message;
    console.log(JSON.stringify({ to, text: raw.message, udh: raw.udh ? raw.udh.map((b) => b.toString("hex")) : null,
      coding: pdu.data_coding, receipt: pdu.registered_delivery }));
    if (to.endsWith("9")) return session.send(pdu.response({ command_status: smpp.ESME_RINVDSTADR }));
    if (to.endsWith("8")) return session.destroy();
    const id = "m" + (last += 1);
    session.send(pdu.response({ message_id: id }));
    session.deliver_sm({ source_addr: to, destination_addr: pdu.source_addr, esm_class: 4, receipted_message_id: id,
      message_state: 2, short_message: { message: `id:${id} stat:DELIVRD` } });
    if (to.endsWith("7")) session.deliver_sm({ source_addr: to, destination_addr: pdu.source_addr, short_message: { message: "退订" }, data_coding: 8 });
  });
});
server.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("listening " + server.address().port));
