/**
 * Loads the parts of wildduck that the demo uses. They live here because wildduck reads `config/` and the command line
 * when it is loaded, unless it is told not to before.
 */

process.env['DISABLE_WILD_CONFIG'] = 'true';

export const { IMAPServer, imapHandler } = await import('wildduck/imap-core/index.js');
export const { default: POP3Server } = await import('wildduck/lib/pop3/server.js');
export const { default: parseMimeTree } = await import('wildduck/imap-core/lib/indexer/parse-mime-tree.js');
