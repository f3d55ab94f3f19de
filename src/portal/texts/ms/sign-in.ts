/** Signing in, the second factor, and what to do when it is lost, in Malay. */

export const signIn = {
  title: 'Log masuk',
  lead: 'Log masuk ke akaun e-mel anda untuk menguruskan keselamatannya.',
  address: 'Alamat e-mel',
  password: 'Kata laluan',
  passwordHint: 'Kata laluan biasa akaun e-mel anda, bukan kata laluan aplikasi.',
  submit: 'Log masuk',
  wrong: 'Alamat e-mel atau kata laluan tidak betul. Semak kedua-duanya dan cuba lagi.',
  throttled: (wait: string) => `Terlalu banyak percubaan yang salah. Tunggu ${wait} dan cuba lagi.`,
  unavailable:
    'Pelayan e-mel tidak dapat menyemak kata laluan buat masa ini. Ini tidak bermaksud kata laluan anda salah: cuba lagi sebentar nanti.',
  signedOut: 'Anda telah log keluar.',

  factorTitle: 'Pengesahan 2 Langkah',
  signingInAs: (account: string) => `Anda log masuk sebagai ${account}.`,
  totpLead: 'Buka aplikasi pengesah anda dan taip enam digit yang ditunjukkannya untuk akaun ini.',
  code: 'Kod pengesahan',
  codeHint: 'Enam digit, seperti 123 456.',
  check: 'Semak',
  wrongCode: 'Kod ini tidak betul. Taip kod yang ditunjukkan aplikasi sekarang, dan pastikan jam telefon anda betul.',
  usedCode: 'Kod ini sudah digunakan. Tunggu kod seterusnya dalam aplikasi, dan taip kod itu.',
  lostPhone: 'Telefon hilang? Gunakan kod pemulihan',
  useEmail: 'Dapatkan kod melalui e-mel',
  trustTitle: 'Pelayar ini',
  trust: (days: number) => `Percayai pelayar ini selama ${days} hari`,
  trustHint: 'Hanya pada peranti yang tidak digunakan orang lain. Anda masih diminta kod sebelum membuat perubahan.',
  useApp: 'Gunakan aplikasi pengesah',

  recoveryTitle: 'Gunakan kod pemulihan',
  recoveryLead:
    'Taip salah satu daripada sepuluh kod yang anda simpan semasa menghidupkan Pengesahan 2 Langkah. Setiap kod sah sekali sahaja.',
  recoveryCode: 'Kod pemulihan',
  recoveryHint: 'Tiga kumpulan empat aksara, seperti abcd-efgh-jkmn.',
  wrongRecovery: 'Ini bukan kod pemulihan anda, atau kod itu sudah digunakan.',
  lostEverything: 'Kod pemulihan pun tiada?',

  helpTitle: 'Apabila semuanya hilang',
  helpLead:
    'Tanpa telefon dan kod pemulihan, anda tidak dapat log masuk di sini; begitu juga sesiapa yang mengetahui kata laluan anda.',
  helpSteps: [
    'Cari kod pemulihan sekali lagi: di atas kertas, dalam pengurus kata laluan, dalam muat turun anda (recovery-codes.txt).',
    'Periksa sama ada peranti lain masih mempunyai aplikasi pengesah dengan akaun ini.',
    'Minta pentadbir domain e-mel anda menetapkan semula langkah kedua anda. Mereka akan memastikan bahawa itu memang anda.',
    'Kemudian log masuk semula: anda akan diminta menyediakan langkah kedua yang baharu.',
  ].join('\n'),
  helpMailApps: 'Aplikasi e-mel yang sudah disediakan terus berfungsi sementara itu.',

  stepUpTitle: 'Sahkan bahawa ini anda',
  stepUpLead: 'Anda akan melihat atau mengubah sesuatu yang penting, dan pengesahan terakhir anda sudah agak lama.',
  stepUpPasswordLead: 'Taip kata laluan anda sekali lagi.',
  confirm: 'Sahkan',
};
