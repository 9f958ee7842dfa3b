"""A small Qt window for the harness to prove itself on: a text field, a button and the list of what was sent."""

import sys

from PySide6.QtWidgets import QApplication, QLineEdit, QListWidget, QPushButton, QVBoxLayout, QWidget


def main() -> int:
    application = QApplication(sys.argv)
    window = QWidget()
    window.setWindowTitle("样例窗口")
    entry, button, sent = QLineEdit(), QPushButton("发送"), QListWidget()
    entry.setAccessibleName("消息")
    sent.setAccessibleName("已发送")

    def send() -> None:
        sent.addItem(entry.text())
        entry.clear()

    button.clicked.connect(send)
    layout = QVBoxLayout(window)
    for widget in (entry, button, sent):
        layout.addWidget(widget)
    window.resize(480, 360)
    window.show()
    return application.exec()


if __name__ == "__main__":
    sys.exit(main())
