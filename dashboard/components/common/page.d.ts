// What theme.js and early.js leave for all pages. It is not there in Streamlit's own start page.
interface Window {
  perfwatch?: { base: string; theme: string; chooseTheme(name: string): void; page?: Promise<any> };
}
