/** Passkeys, in Malay. */

export const passkeys = {
  method: 'Kunci laluan',
  methodHint:
    'Cap jari, wajah atau PIN anda pada peranti ini, atau kunci keselamatan. Tiada apa-apa perlu ditaip, dan tiada sesiapa boleh memperdaya anda untuk mendapatkannya.',
  add: 'Tambah kunci laluan',
  addTitle: 'Tambah kunci laluan',
  addLead:
    'Pelayar anda meminta cap jari, wajah atau PIN anda, atau kunci keselamatan. Semua itu kekal pada peranti anda: hanya bukti dihantar ke sini.',
  name: 'Nama',
  nameHint: 'Untuk membezakan kunci laluan anda, seperti “Telefon saya” atau “Kunci biru”.',
  create: 'Cipta kunci laluan',
  notProven: 'Kunci laluan tidak dapat disemak, atau halaman ini dibuka terlalu lama. Cuba lagi.',
  exists:
    'Peranti ini sudah mempunyai kunci laluan untuk akaun anda. Gunakan peranti atau kunci keselamatan yang lain.',
  lastUsed: 'kali terakhir digunakan',
  removeNamed: (name: string) => `Buang kunci laluan “${name}”`,
  removeTitle: (name: string) => `Buang kunci laluan “${name}”?`,
  removeLead:
    'Ia tidak lagi diterima di sini. Peranti anda mungkin masih menawarkannya: anda boleh memadamkannya di sana dalam tetapan kata laluan.',

  use: 'Gunakan kunci laluan',
  useLead: 'Sahkan dengan cap jari, wajah atau PIN anda, atau dengan kunci keselamatan anda.',
  useNow: 'Teruskan dengan kunci laluan',
  wrong: 'Kunci laluan ini tidak diterima. Cuba lagi, atau gunakan cara lain.',
  over: 'Ini mengambil masa terlalu lama, atau dihantar dua kali. Cuba lagi.',
  stopped:
    'Tiada apa-apa disahkan: ia dihentikan, atau mengambil masa terlalu lama. Cuba lagi, atau gunakan cara lain.',
  withoutScript:
    'Kunci laluan tidak berfungsi dalam pelayar ini: JavaScript dimatikan, atau pelayar terlalu lama. Hidupkannya dan muatkan semula halaman, atau gunakan cara lain, seperti kod pemulihan.',
};
