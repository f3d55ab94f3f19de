/** Mail in Malay. */

import type { CodeFacts, MailTexts, Wording } from './shape.ts';

const code = ({ service, code: digits, account, minutes }: CodeFacts, what: string): Wording => ({
  subject: `${digits} ialah kod ${service} anda`,
  paragraphs: [
    `${digits} ialah kod anda untuk ${what}.`,
    `Kod ini untuk ${account}, boleh digunakan sekali sahaja dan tamat selepas ${minutes} minit.`,
    `Taip kod ini hanya pada halaman tempat anda memintanya. Tiada sesiapa daripada ${service} akan meminta kod ini daripada anda. Jika anda tidak meminta kod, mungkin orang lain tahu kata laluan anda: tukarkannya.`,
  ],
});

export const ms: MailTexts = {
  locale: 'ms-MY',
  code: {
    'sign-in': (facts) => code(facts, 'log masuk'),
    'step-up': (facts) => code(facts, 'mengesahkan bahawa ini anda'),
    'recovery-address': (facts) => code(facts, 'mengesahkan alamat e-mel pemulihan ini'),
    'email-factor': (facts) => code(facts, 'menghidupkan Pengesahan 2 Langkah'),
  },
  notice: {
    'account.enrolled': ({ account }) => [
      'Pengesahan 2 Langkah: satu kaedah pengesahan telah disediakan',
      `Satu kaedah pengesahan untuk Pengesahan 2 Langkah telah disediakan bagi ${account}.`,
    ],
    'account.unenrolled': ({ account }) => [
      'Pengesahan 2 Langkah kini dimatikan',
      `Pengesahan 2 Langkah telah dimatikan bagi ${account}. Kata laluan aplikasinya tidak lagi berfungsi; kata laluan biasa berfungsi.`,
    ],
    'account.factor-removed': ({ account }) => [
      'Pengesahan 2 Langkah: satu kaedah pengesahan telah dibuang',
      `Salah satu kaedah pengesahan ${account} telah dibuang.`,
    ],
    'account.factors-reset': ({ account, portalUrl }) => [
      'Pengesahan 2 Langkah telah ditetapkan semula: sediakan sekali lagi',
      `Kaedah pengesahan ${account} telah ditetapkan semula, dan kod pemulihannya tidak lagi berfungsi. Sediakan Pengesahan 2 Langkah sekali lagi semasa log masuk seterusnya${portalUrl === '' ? '' : `: ${portalUrl}`}`,
    ],
    'account.recovery-address-changed': ({ account }) => [
      'Alamat e-mel pemulihan anda telah ditukar',
      `Alamat e-mel pemulihan ${account} telah ditukar.`,
    ],
    'account.recovery-code-used': ({ account }) => [
      'Satu kod pemulihan telah digunakan',
      `Seseorang telah log masuk ke ${account} dengan salah satu kod pemulihannya.`,
    ],
    'account.recovery-codes-renewed': ({ account }) => [
      'Anda mempunyai kod pemulihan baharu',
      `Kod pemulihan baharu telah dibuat untuk ${account}. Kod lama tidak lagi berfungsi.`,
    ],
    'app-password.added': ({ account, name }) => [
      `Kata laluan aplikasi baharu: ${name}`,
      `Kata laluan aplikasi “${name}” telah ditambah pada ${account}.`,
    ],
    'app-password.reset': ({ account, name }) => [
      `Kata laluan aplikasi ditetapkan semula: ${name}`,
      `Kata laluan aplikasi “${name}” bagi ${account} telah ditetapkan semula. Semua aplikasi mel yang menggunakannya memerlukan kata laluan baharu.`,
    ],
    'app-password.revoked': ({ account, name }) => [
      `Kata laluan aplikasi dibuang: ${name}`,
      `Kata laluan aplikasi “${name}” bagi ${account} telah dibuang. Semua aplikasi mel yang menggunakannya telah dilog keluar.`,
    ],
  },
  doneBy: {
    owner: ({ when }) => `Ini dilakukan oleh seseorang yang log masuk ke akaun itu, pada ${when}.`,
    admin: ({ when }) => `Ini dilakukan oleh pentadbir, pada ${when}.`,
  },
  notYou: ({ portalUrl }) =>
    `Jika ini bukan anda dan anda tidak memintanya, beritahu pentadbir anda sekarang dan tukar kata laluan anda${portalUrl === '' ? '.' : `. Anda boleh melihat apa yang berlaku di ${portalUrl}`}`,
  recoveryCodesLow: ({ account, portalUrl }, left) => ({
    subject: left === 0 ? 'Kod pemulihan anda sudah habis' : `Kod pemulihan yang tinggal: ${left}`,
    paragraphs: [
      left === 0
        ? `Kod pemulihan terakhir ${account} telah digunakan.`
        : `${account} mempunyai ${left} kod pemulihan lagi.`,
      `Buat kod baharu supaya anda masih boleh log masuk jika telefon anda hilang${portalUrl === '' ? '.' : `: ${portalUrl}`}`,
    ],
  }),
  newBrowser: ({ account, when }, browser, network) => ({
    subject: `Log masuk baharu: ${browser}`,
    paragraphs: [`Seseorang telah log masuk ke ${account} dengan ${browser}, dari ${network}, pada ${when}.`],
  }),
  instructions: (service, dated) => ({
    subject: dated ? 'Sediakan Pengesahan 2 Langkah sebelum {date}' : 'Sila sediakan Pengesahan 2 Langkah',
    body: [
      dated
        ? `Mulai {date}, ${service} mewajibkan Pengesahan 2 Langkah. Aplikasi mel yang menggunakan kata laluan biasa anda akan dilog keluar pada masa itu.`
        : `${service} kini menawarkan Pengesahan 2 Langkah. Ia melindungi mel anda walaupun orang lain tahu kata laluan anda.`,
      'Apa yang perlu dilakukan untuk {account}:',
      '1. Log masuk di {portal}\n2. Pilih Pengesahan 2 Langkah, kemudian Hidupkan\n3. Pilih Alamat E-mel Pemulihan atau Aplikasi Pengesah, kemudian Seterusnya\n4. Masukkan kod pengesahan, kemudian Semak',
      'Anda kemudian akan melihat kata laluan aplikasi sepanjang 16 aksara. Taipkannya dalam setiap aplikasi mel anda sebagai ganti kata laluan biasa.',
    ].join('\n\n'),
  }),
  footer: (service) => `${service} menghantar mel ini kerana Pengesahan 2 Langkah. Mel ini tidak boleh dibalas.`,
};
