Feature: A till takes money by QRIS

  Scenario: The till gets a QR code to show
    Given an order "TRX-TEST-001" over 50000 rupiah
    When the till asks for a QRIS payment of it
    Then the till gets the URL of a QR code
    And the payment is "pending"

  Scenario: The provider tells that the customer paid
    Given a payment that waits for money, known as "qr_abc123"
    When Xendit sends a webhook that says "PAID"
    Then the payment is stored as "success"
    And the transaction is "paid"
