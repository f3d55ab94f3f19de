/** What may stand in the audit, in the words of an admin, in Malay. */

import type { AuditAction } from '#policy/ports/audit.ts';

export const auditActions = {
  'domain.changed': 'Peraturan domain diubah',
  'domain.notice-sent': 'Arahan dihantar',
  'account.enrolled': 'Kaedah pengesahan disediakan',
  'account.unenrolled': 'Pengesahan 2 Langkah dimatikan',
  'account.suspended': 'Akaun digantung',
  'account.resumed': 'Penggantungan ditamatkan',
  'account.recovery-code-used': 'Kod pemulihan digunakan',
  'account.recovery-codes-renewed': 'Kod pemulihan diperbaharui',
  'account.recovery-address-changed': 'Alamat E-mel Pemulihan diubah',
  'account.factor-removed': 'Kaedah pengesahan dibuang',
  'account.factors-reset': 'Faktor ditetapkan semula',
  'account.unlocked': 'Akaun dibuka kunci',
  'app-password.added': 'Kata laluan aplikasi ditambah',
  'app-password.renamed': 'Kata laluan aplikasi dinamakan semula',
  'app-password.revealed': 'Kata laluan aplikasi ditunjukkan',
  'app-password.reset': 'Kata laluan aplikasi ditetapkan semula',
  'app-password.revoked': 'Kata laluan aplikasi dibatalkan',
  'session.cut-off': 'Aplikasi e-mel diputuskan',
  'browser.signed-in': 'Log masuk dengan pelayar',
  'browser.refused': 'Kata laluan betul tetapi kod salah',
  'admin.granted': 'Pentadbir dilantik',
  'admin.revoked': 'Bukan lagi pentadbir',
  'token.created': 'Token akses dibuat',
  'token.revoked': 'Token akses ditamatkan',
  'login.hinted': 'Aplikasi e-mel ditolak: kata laluan biasa',
} satisfies Record<AuditAction, string>;
