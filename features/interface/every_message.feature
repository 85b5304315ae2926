Feature: Every message keeps to the interface
  These requirements are checked on every message of every scenario. The scenarios here state them once, for an
  ordinary meter.

  Background:
    Given an import supplier
    And a Commissioned ESME

  @DUIS-01
  Scenario: Answers and responses are schema-valid
    When SR11.2 Read Firmware Version to the ESME is accepted and answered
    Then every message of the DSP is schema-valid

  @DUIS-02
  Scenario: Inventory answers are signed by the DSP
    When SR8.2 Read Inventory about the ESME is accepted
    Then every message of the DSP that must be signed is signed by the DSP

  @DUIS-02
  Scenario: Pre-Commands and asynchronous responses are signed by the DSP
    Given the supplier has sent new firmware, listed as Active, to the ESME
    When SR11.3 Activate Firmware to the ESME is accepted and answered
    Then every message of the DSP that must be signed is signed by the DSP

  @DUIS-03
  Scenario: Answers and responses name the request they belong to
    When SR11.2 Read Firmware Version to the ESME is accepted and answered
    Then every message of the DSP names the request it answers

  @DUIS-04
  Scenario: An accepted request is acknowledged and brings one response
    When SR11.2 Read Firmware Version to the ESME is accepted and answered
    Then the request is acknowledged by I99 and brings exactly one response

  @DUIS-04
  Scenario: Two users who ask a meter at once get a response each
    Given an electricity distributor
    When the import supplier and the electricity distributor send SR11.2 Read Firmware Version to the ESME at once
    Then both responses show the firmware that the ESME runs
