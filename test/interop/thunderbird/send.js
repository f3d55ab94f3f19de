// Runs inside Thunderbird, with its privileges: sends a mail as somebody who has set up an account and pressed Send.
// Resolves with the status that a compose window would be told: 0 when it was sent.

/* global Cc, Ci, ChromeUtils */

// eslint-disable-next-line no-unused-vars
function send({ authority, ...place }, who, mail) {
  Cc['@mozilla.org/security/x509certdb;1'].getService(Ci.nsIX509CertDB).addCertFromBase64(authority, 'C,,');
  const { account, identity } = setUp(place, who);
  const message = Cc['@mozilla.org/messengercompose/send;1'].createInstance(Ci.nsIMsgSend);
  const how = [false, false, Ci.nsIMsgSend.nsMsgDeliverNow, null];
  const body = ['text/plain', mail.body, null, null];
  return new Promise((resolve) => {
    const last = [listener(resolve), '', '', Ci.nsIMsgCompType.New];
    void message.createAndSendMessage(null, identity, account.key, fieldsOf(mail), ...how, ...body, ...last);
  });
}

function setUp(place, who) {
  const { MailServices } = ChromeUtils.importESModule('resource:///modules/MailServices.sys.mjs');
  const server = MailServices.outgoingServer.createServer('smtp').QueryInterface(Ci.nsISmtpServer);
  server.hostname = 'localhost';
  server.port = place.port;
  server.username = who.name;
  server.socketType = place.tls === 'implicit' ? Ci.nsMsgSocketType.SSL : Ci.nsMsgSocketType.alwaysSTARTTLS;
  server.authMethod = Ci.nsMsgAuthMethod.passwordCleartext;
  server.password = who.password;

  const { accounts } = MailServices;
  const identity = accounts.createIdentity();
  identity.email = who.name;
  identity.smtpServerKey = server.key;
  identity.doFcc = false;
  if (accounts.accounts.length === 0) accounts.createLocalMailAccount();
  const [account] = accounts.accounts;
  account.addIdentity(identity);
  return { account, identity };
}

function fieldsOf(mail) {
  const attachment = Cc['@mozilla.org/messengercompose/attachment;1'].createInstance(Ci.nsIMsgAttachment);
  attachment.url = `file://${mail.attachment}`;
  attachment.name = 'attached.bin';
  const fields = Cc['@mozilla.org/messengercompose/composefields;1'].createInstance(Ci.nsIMsgCompFields);
  fields.from = mail.from;
  fields.to = mail.to;
  fields.subject = mail.subject;
  fields.addAttachment(attachment);
  return fields;
}

function listener(resolve) {
  return {
    QueryInterface: ChromeUtils.generateQI(['nsIMsgSendListener']),
    onStartSending() {},
    onSendProgress() {},
    onSendNotPerformed() {},
    onStatus() {},
    onGetDraftFolderURI() {},
    onTransportSecurityError() {},
    onStopSending: (_id, status) => resolve(status),
  };
}
