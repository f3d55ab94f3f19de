/** Settings › Account › 2-Step Authentication, in Malay. */

export const twoStep = {
  title: 'Pengesahan 2 Langkah',
  off: {
    lead: 'Kata laluan sahaja boleh diteka atau dicuri. Dengan Pengesahan 2 Langkah, sesiapa yang log masuk di sini juga memerlukan kod, dan aplikasi e-mel anda mendapat kata laluannya sendiri.',
    enable: 'Hidupkan',
    effect:
      'Apabila dihidupkan, aplikasi e-mel seperti Outlook, Thunderbird atau aplikasi e-mel telefon anda tidak lagi menerima kata laluan biasa anda. Anda akan ditunjukkan kata laluan baharu untuknya.',
    cutOff: (date: string) =>
      `Pentadbir anda mewajibkan Pengesahan 2 Langkah mulai ${date}. Mulai saat itu aplikasi e-mel dengan kata laluan biasa anda tidak lagi berfungsi.`,
  },
  disabled: (domain: string) =>
    `Pengesahan 2 Langkah dimatikan untuk ${domain}. Aplikasi e-mel anda menggunakan kata laluan biasa. Pentadbir anda boleh menghidupkannya.`,
  disabledEnrolled:
    'Anda pernah menghidupkannya. Faktor dan kata laluan aplikasi anda disimpan, tetapi tidak digunakan, sehingga pentadbir anda menghidupkannya semula.',
  required: (domain: string) =>
    `${domain} mewajibkan Pengesahan 2 Langkah. Sediakannya sekarang: sehingga itu aplikasi e-mel anda tidak dapat log masuk, dan tiada apa-apa lagi yang boleh dilakukan di sini.`,
  on: 'Hidup',
  since: 'sejak',

  methodTitle: 'Pilih cara mendapatkan kod anda',
  method: 'Kaedah pengesahan',
  totp: 'Aplikasi Pengesah',
  totpHint:
    'Aplikasi pada telefon anda, seperti Google Authenticator atau Microsoft Authenticator, menunjukkan kod baharu setiap setengah minit. Ia berfungsi tanpa rangkaian.',
  otherMethod: 'Pilih kaedah lain',
  chooseMethod: 'Pilih salah satu kaedah.',
  noMethods: 'Pentadbir anda tidak membenarkan kaedah yang boleh disediakan di sini.',

  totpTitle: 'Sediakan aplikasi pengesah',
  totpStepInstall: 'Pasang aplikasi pengesah pada telefon anda, jika belum ada.',
  totpStepScan: 'Dalam aplikasi itu, pilih untuk menambah akaun, dan imbas gambar ini:',
  totpQr: 'Kod QR untuk aplikasi pengesah',
  totpKey: 'Atau taip kunci ini ke dalam aplikasi',
  totpCopy: 'Salin kunci',
  totpStepCode: 'Taip kod yang ditunjukkan aplikasi sekarang.',
  code: 'Kod pengesahan',
  check: 'Semak',
  wrongCode: 'Kod ini tidak betul. Tunggu kod seterusnya, dan pastikan jam telefon anda betul.',
  expired: 'Penyediaan mengambil masa lebih tiga puluh minit. Mulakan semula.',

  doneTitle: 'Pengesahan 2 Langkah dihidupkan',
  doneLead:
    'Dua perkara perlu dilakukan sekarang: berikan kata laluan baharu kepada aplikasi e-mel anda, dan simpan kod pemulihan.',
  replacedTitle: 'Aplikasi pengesah baharu sedang digunakan',
  replacedLead: 'Yang lama tidak lagi diterima. Kata laluan aplikasi dan kod pemulihan kekal seperti sebelumnya.',
  donePassword: 'Kata laluan baharu anda untuk aplikasi e-mel',
  donePasswordLead:
    'Taipnya dalam setiap aplikasi e-mel menggantikan kata laluan biasa anda, untuk menerima dan menghantar. Ruang kosong tidak penting.',
  doneKept: 'Anda akan menemuinya semula di Tetapan › Akaun › Pengesahan 2 Langkah.',
  doneOnce: 'Ia tidak akan ditunjukkan lagi: untuk peranti lain, tambah kata laluan aplikasi yang lain.',
  saved: 'Saya telah menyimpannya',

  factors: 'Langkah kedua',
  remove: 'Buang',
  removeNamed: (method: string) => `Buang ${method}`,
  removeLead: 'Kod jenis ini tidak diterima lagi.',
  addFactor: 'Tambah kaedah lain',
  replace: 'Ganti',
  replaceTotp: 'Ganti aplikasi pengesah',

  codesTitle: 'Kod pemulihan',
  codesLead:
    'Setiap kod ini membolehkan anda log masuk sekali apabila telefon tiada bersama anda. Simpan di tempat lain daripada telefon anda: di atas kertas atau dalam pengurus kata laluan.',
  codesLeft: (left: number) => `${left} daripada 10 masih ada`,
  codesLow: (left: number) =>
    left === 0
      ? 'Anda tiada lagi kod pemulihan. Buat yang baharu sekarang: tanpanya, telefon yang hilang akan menghalang anda.'
      : `Anda hanya mempunyai ${left} kod pemulihan lagi. Buat yang baharu tidak lama lagi.`,
  codesRenew: 'Buat kod baharu',
  codesRenewTitle: 'Buat kod pemulihan baharu?',
  codesRenewLead: 'Kod lama tidak lagi berfungsi serta-merta.',
  codesFresh: 'Kod pemulihan baharu anda',
  codesOnce: 'Kod ini ditunjukkan sekarang sahaja.',
  codesCopy: 'Salin kod pemulihan',
  codesDownload: 'Muat turun sebagai teks',
  codesFileHead: (account: string, date: string) =>
    `Kod pemulihan ${account}, dibuat ${date}. Setiap kod sah sekali sahaja.`,

  turnOff: 'Matikan',
  turnOffTitle: 'Matikan Pengesahan 2 Langkah?',
  turnOffLead:
    'Kata laluan aplikasi dan kod pemulihan anda dipadamkan, dan aplikasi e-mel yang menggunakan kata laluan aplikasi diputuskan. Aplikasi itu memerlukan semula kata laluan biasa anda.',
  turnOffForced: 'Pentadbir anda mewajibkan Pengesahan 2 Langkah: ia tidak boleh dimatikan.',
  turnedOff: 'Pengesahan 2 Langkah dimatikan.',
};
